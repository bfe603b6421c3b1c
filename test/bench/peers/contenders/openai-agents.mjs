/** OpenAI Agents SDK: runs of an agent under Promise.all, as its example of parallel agents shows. It has no graphs. */
import { Agent, OpenAIProvider, Runner, Usage } from '@openai/agents';
import OpenAI from 'openai';
import { ANSWER, PROMPT, SYSTEM } from '../words.mjs';

function agents(n, modelProvider) {
  const agent = new Agent({ name: 'Analyst', instructions: SYSTEM, model: 'm' });
  const runner = new Runner({ modelProvider, tracingDisabled: true });
  return async () => {
    const all = Array.from({ length: n }, (_, id) => runner.run(agent, `${PROMPT} ${id}.`));
    return (await Promise.all(all)).filter((result) => result.finalOutput).length;
  };
}

export function http({ n, url }) {
  const openAIClient = new OpenAI({ baseURL: url, apiKey: 'test', maxRetries: 0 });
  return agents(n, new OpenAIProvider({ openAIClient, useResponses: false }));
}

export function memory({ n }) {
  const content = [{ type: 'output_text', text: ANSWER }];
  const getResponse = async () => ({
    usage: new Usage({ requests: 1, inputTokens: 40, outputTokens: 5, totalTokens: 45 }),
    output: [{ type: 'message', role: 'assistant', status: 'completed', content }],
  });
  return agents(n, { getModel: async () => ({ getResponse }) });
}
