import pg from 'pg';

/** Removes all runs, so that a test finds none. */
export async function emptied(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // There is little in them, and TRUNCATE would wait for whoever reads.
    for (const table of ['crewline.runs', 'crewline.records', 'crewline.tries', 'crewline.events']) {
      await client.query(`DELETE FROM ${table}`);
    }
    for (const table of ['workflow_status', 'workflow_input', 'workflow_output']) {
      await client.query(`DELETE FROM dbos.${table}`);
    }
  } finally {
    await client.end();
  }
}
