/** LangGraph: a node for each task in a StateGraph; no checkpointer, no tracing, no retries. */
import { SimpleChatModel } from '@langchain/core/language_models/chat_models';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { ChatOpenAI } from '@langchain/openai';
import { ANSWER, PROMPT, SYSTEM } from '../words.mjs';

const State = Annotation.Root({
  // A reducer may change what it is given first: copying the list for each answer would be quadratic.
  answers: Annotation({ reducer: (all, more) => Object.assign(all, more), default: () => ({}) }),
  count: Annotation(),
});

function compiled(graph, run) {
  const builder = new StateGraph(State);
  const name = (id) => `t${id}`;
  const last = new Set(graph.keys());
  graph.forEach((needs, id) => {
    builder.addNode(name(id), async () => ({ answers: { [id]: await run(id) } }));
    builder.addEdge(needs.length === 0 ? START : needs.map(name), name(id));
    for (const other of needs) last.delete(other);
  });
  builder.addNode('join', ({ answers }) => ({ count: Object.values(answers).filter(Boolean).length }));
  builder.addEdge([...last].map(name), 'join');
  builder.addEdge('join', END);
  return builder.compile();
}

const count = async (app) => (await app.invoke({}, { recursionLimit: 1000 })).count;

function agents(n, model) {
  const ask = async (id) => {
    const message = await model.invoke([
      { role: 'system', content: SYSTEM },
      { role: 'user', content: `${PROMPT} ${id}.` },
    ]);
    return message.content;
  };
  const app = compiled(
    Array.from({ length: n }, () => []),
    ask,
  );
  return () => count(app);
}

export const http = ({ n, url }) =>
  agents(n, new ChatOpenAI({ model: 'm', apiKey: 'test', maxRetries: 0, configuration: { baseURL: url } }));

class MemoryModel extends SimpleChatModel {
  _llmType() {
    return 'memory';
  }

  async _call() {
    return ANSWER;
  }
}

export const memory = ({ n }) => agents(n, new MemoryModel({}));

export const code =
  ({ graph }) =>
  () =>
    count(compiled(graph, async () => 1));
