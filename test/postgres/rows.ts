import pg from 'pg';

/** What Postgres answers, on a connection of its own. */
export async function rowsOf(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  return withClient(url, async (client) => (await client.query(text, [...values])).rows);
}

/** Does something on one connection, such as to keep a lock. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
