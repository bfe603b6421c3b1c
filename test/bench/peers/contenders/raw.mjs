/** What one would write by hand: the openai package and Promise.all. */
import OpenAI from 'openai';
import { PROMPT, SYSTEM } from '../words.mjs';

export function http({ n, url }) {
  const client = new OpenAI({ baseURL: url, apiKey: 'test', maxRetries: 0 });
  const call = async (id) => {
    const completion = await client.chat.completions.create({
      model: 'm',
      messages: [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: `${PROMPT} ${id}.` },
      ],
    });
    return completion.choices[0].message.content;
  };
  return async () => (await Promise.all(Array.from({ length: n }, (_, id) => call(id)))).filter(Boolean).length;
}
