import { createServer } from 'node:net';
import { Crew, Task } from 'crewline';
import { dbos } from 'crewline/dbos';
import { expect, test } from 'vitest';
import { sharedPostgres } from '../../postgres/shared.ts';

const postgres = await sharedPostgres();
const shared = test.skipIf(postgres === undefined);

/** What a run hears that cannot begin there. */
async function refusalAt(url: string): Promise<unknown> {
  const engine = dbos({ url });
  const crew = new Crew({ name: 'yard', tasks: [new Task({ name: 'dig', execute: () => null })], engine });
  try {
    return await crew.kickoff();
  } catch (thrown) {
    return thrown;
  } finally {
    await engine.stop();
  }
}

/** A server that tells everybody the same, as Postgres does: a letter, a length, and fields that end in NUL. */
async function refusing(code: string, message: string) {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(fields.length + 4, 1);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(Buffer.concat([head, fields])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: Number(Object(server.address()).port), close: () => server.close() };
}

test('who finds no Postgres at an address is told which it was, without its password', async () => {
  const { port, close } = await refusing('', '');
  await new Promise((resolve) => {
    close();
    resolve(undefined);
  });
  const refused = await refusalAt(`postgres://me:secret@127.0.0.1:${port}/crews`);
  expect(refused).toMatchObject({ code: 'STORE_FAILED' });
  expect(String(refused)).toContain(`Postgres cannot be reached at 127.0.0.1:${port} (connect ECONNREFUSED`);
  expect(String(refused)).toContain('Check the address and that it runs.');
  expect(String(refused)).not.toContain('secret');
});

test('who gives a wrong password is told so', async () => {
  const server = await refusing('28P01', 'password authentication failed for user "me"');
  const refused = await refusalAt(`postgres://me:secret@127.0.0.1:${server.port}/crews`);
  expect(String(refused)).toContain('refuses the password (password authentication failed for user "me")');
  expect(String(refused)).not.toContain('secret');
  server.close();
});

shared('who names a database that is not there is told how to make one', async () => {
  const url = new URL((await postgres?.freshDatabase()) ?? '');
  url.pathname = '/nowhere';
  const refused = await refusalAt(url.href);
  expect(refused).toMatchObject({ code: 'STORE_FAILED' });
  expect(String(refused)).toContain('(database "nowhere" does not exist). Make it: createdb nowhere');
});
