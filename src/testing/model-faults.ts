import { ANSWER_FAULTS } from './model-faults/answers.ts';
import { CONNECTION_FAULTS } from './model-faults/connections.ts';
import type { ModelFault } from './model-faults/fault.ts';
import { STATUS_FAULTS } from './model-faults/statuses.ts';
import { STREAM_FAULTS } from './model-faults/streams.ts';

export { FAULT_TEXT, type ModelFault } from './model-faults/fault.ts';

/**
 * What model servers do wrong, one entry for each, over real HTTP: statuses, connections that break or stand still, streams
 * in odd pieces, answers that are none. For a test to loop over:
 *
 * ```ts
 * for (const fault of modelFaults) {
 *   test(fault.title, async () => {
 *     server.respond(respondInOrder([fault.reply, 'All is well.']));
 *     …
 *   });
 * }
 * ```
 */
export const modelFaults: readonly ModelFault[] = Object.freeze([
  ...STATUS_FAULTS,
  ...CONNECTION_FAULTS,
  ...STREAM_FAULTS,
  ...ANSWER_FAULTS,
]);
