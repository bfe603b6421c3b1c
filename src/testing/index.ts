/** `crewline/testing`: models and servers under a test's control, a clock that stands still, and what every engine must do. */
export { withoutFrame, withoutMarks } from '../internal/outside.ts';
export { type EngineCase, engineCases, type MakeEngine } from './engine-conformance.ts';
export { type FakeClock, type FakeClockOptions, fakeClock } from './fake-clock.ts';
export { FAULT_TEXT, type ModelFault, modelFaults } from './model-faults.ts';
export { type RecordedModel, type RecordedModelOptions, type RecordingMode, recordedModel } from './recorded-model.ts';
export {
  type Script,
  type ScriptedAnswer,
  type ScriptedCall,
  type ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedReply,
  type ScriptedToolCall,
  type ScriptStep,
  scriptedModel,
} from './scripted-model.ts';
export {
  type CutReply,
  type Ending,
  type HangReply,
  type ModelServer,
  type ModelServerOptions,
  modelServer,
  type RawReply,
  type Reply,
  type ReplyToolCall,
  type ReplyUsage,
  respondInOrder,
  type ServerHandler,
  type ServerRecord,
  type ServerRequest,
  type StatusReply,
  type TextReply,
  type ToolCallsReply,
  type WireReply,
} from './server.ts';
