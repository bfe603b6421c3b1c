/** Variables whose value is not for anybody to read. */
const SECRET_NAME = /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIALS)$/i;
/** A shorter value is more likely a word than a secret, and would black out ordinary text. */
const MIN_SECRET_CHARS = 8;

/**
 * Takes the values of secret environment variables (`OPENAI_API_KEY`, `…_TOKEN`, …) out of a text: a provider's error
 * or a tool's arguments may quote them. Applied to all progress, events and errors; a run's result is printed as it is.
 */
export function redactor(env: NodeJS.ProcessEnv): (text: string) => string {
  const secrets = new Set<string>();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value.length < MIN_SECRET_CHARS || !SECRET_NAME.test(name)) continue;
    secrets.add(value);
    secrets.add(JSON.stringify(value).slice(1, -1));
    secrets.add(encodeURIComponent(value));
  }
  // A secret that contains another one goes first.
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
}
