/** Mastra: steps of a workflow in parallel, then a step that joins them; no logs, no telemetry, no snapshots, no retries. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { Mastra } from '@mastra/core';
import { Agent } from '@mastra/core/agent';
import { createStep, createWorkflow } from '@mastra/core/workflows';
import { z } from 'zod';
import { ANSWER, PROMPT, SYSTEM } from '../words.mjs';

const schema = z.any();

/** Layers run one after another: within a layer Mastra runs steps in parallel. */
function workflowOf(layers, run, agents = {}) {
  let flow = createWorkflow({
    id: 'bench',
    inputSchema: schema,
    outputSchema: schema,
    options: { validateInputs: false, shouldPersistSnapshot: () => false },
  });
  for (const layer of layers) {
    flow = flow.parallel(
      layer.map((id) =>
        createStep({ id: `t${id}`, inputSchema: schema, outputSchema: schema, execute: () => run(id) }),
      ),
    );
  }
  const execute = async ({ inputData }) => Object.values(inputData).filter(Boolean).length;
  flow.then(createStep({ id: 'join', inputSchema: schema, outputSchema: schema, execute })).commit();
  const mastra = new Mastra({ logger: false, telemetry: { enabled: false }, agents, workflows: { flow } });
  return async () => {
    const started = await mastra.getWorkflow('flow').createRunAsync();
    const result = await started.start({ inputData: {} });
    if (result.status !== 'success') throw new Error(`the workflow ended as ${result.status}`);
    const done = Object.entries(result.steps).filter(([id, step]) => /^t\d+$/.test(id) && step.status === 'success');
    if (result.result !== layers.at(-1).length) throw new Error(`the join saw ${result.result} answers`);
    return done.length;
  };
}

function agents(n, model) {
  const agent = new Agent({ name: 'analyst', instructions: SYSTEM, model, maxRetries: 0 });
  const ask = async (id) =>
    (await agent.generate(`${PROMPT} ${id}.`, { maxSteps: 1, modelSettings: { maxRetries: 0 } })).text;
  return workflowOf([Array.from({ length: n }, (_, id) => id)], ask, { agent });
}

export const http = ({ n, url }) =>
  agents(n, createOpenAICompatible({ name: 'bench', baseURL: url, apiKey: 'test' })('m'));

export function memory({ n }) {
  const usage = { inputTokens: 40, outputTokens: 5, totalTokens: 45 };
  return agents(n, {
    specificationVersion: 'v2',
    provider: 'memory',
    modelId: 'memory',
    supportedUrls: {},
    doGenerate: async () => ({ content: [{ type: 'text', text: ANSWER }], finishReason: 'stop', usage, warnings: [] }),
    doStream: async () => ({
      stream: new ReadableStream({
        start(controller) {
          controller.enqueue({ type: 'stream-start', warnings: [] });
          controller.enqueue({ type: 'text-start', id: '1' });
          controller.enqueue({ type: 'text-delta', id: '1', delta: ANSWER });
          controller.enqueue({ type: 'text-end', id: '1' });
          controller.enqueue({ type: 'finish', finishReason: 'stop', usage });
          controller.close();
        },
      }),
    }),
  });
}

export function code({ graph }) {
  const depth = [];
  const layers = [];
  graph.forEach((needs, id) => {
    depth[id] = 1 + Math.max(-1, ...needs.map((other) => depth[other]));
    layers[depth[id]] ??= [];
    layers[depth[id]].push(id);
  });
  return () => workflowOf(layers, async () => 1)();
}
