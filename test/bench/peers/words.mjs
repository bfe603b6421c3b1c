/** What every contender says and hears. */
export const SYSTEM = 'You are an analyst. Find out what there is to know.';
export const PROMPT = 'Say something short about part';
export const ANSWER = 'an answer of a few words';
