import { type Model, offline } from 'crewline';

const { CREWLINE_MODEL, OPENAI_API_KEY, OPENAI_BASE_URL } = process.env;

/**
 * The model that the crews in this folder share: the one that CREWLINE_MODEL (or `--model`) names, else a small OpenAI
 * model where there is a key or a server, else the offline stand-in, which needs neither and says what it is.
 *
 * A server of your own (OPENAI_BASE_URL: Ollama, vLLM, OpenRouter, …) has models of its own: name one in CREWLINE_MODEL.
 */
export const model: Model | string = CREWLINE_MODEL || (OPENAI_API_KEY || OPENAI_BASE_URL ? 'gpt-5-mini' : offline());
