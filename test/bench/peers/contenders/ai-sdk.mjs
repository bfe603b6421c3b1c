/** Vercel AI SDK: agents under Promise.all, as its guide to workflows shows. It has no graphs, so no code tasks. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ToolLoopAgent } from 'ai';
import { ANSWER, PROMPT, SYSTEM } from '../words.mjs';

function agents(n, model) {
  const agent = new ToolLoopAgent({ model, instructions: SYSTEM, maxRetries: 0 });
  return async () => {
    const all = Array.from({ length: n }, (_, id) => agent.generate({ prompt: `${PROMPT} ${id}.` }));
    return (await Promise.all(all)).filter((result) => result.text !== '').length;
  };
}

export const http = ({ n, url }) =>
  agents(n, createOpenAICompatible({ name: 'bench', baseURL: url, apiKey: 'test' })('m'));

export const memory = ({ n }) =>
  agents(n, {
    specificationVersion: 'v3',
    provider: 'memory',
    modelId: 'memory',
    supportedUrls: {},
    doGenerate: async () => ({
      content: [{ type: 'text', text: ANSWER }],
      finishReason: { unified: 'stop', raw: undefined },
      usage: { inputTokens: { total: 40, noCache: 40 }, outputTokens: { total: 5, text: 5 } },
      warnings: [],
    }),
  });
