import { hideValue, redact } from '../internal/redact.ts';

/** Variables whose value is not for anybody to read. */
const SECRET_NAME = /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIALS)$/i;

/**
 * Makes the values of secret environment variables (`OPENAI_API_KEY`, `…_TOKEN`, …) known, so that they are hidden in all
 * progress, events, errors and recordings: a provider's error or a tool's arguments may quote them. A run's result is
 * printed as it is.
 * @returns what takes them, and whatever else looks like a key, out of a text.
 */
export function redactor(env: NodeJS.ProcessEnv): (text: string) => string {
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && SECRET_NAME.test(name)) hideValue(value);
  }
  return redact;
}
