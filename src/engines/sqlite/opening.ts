import { statSync } from 'node:fs';
import { type Database, type Driver, openDatabase } from './driver.ts';
import { migrate, type Opening, prepareFile } from './schema.ts';
import { storeError } from './store-error.ts';

/** Opens a file, which is made when it is not there, and brings it to the newest format. */
export async function openFile(opening: Opening, drivers: readonly Driver[] | undefined): Promise<Database> {
  const { file, readOnly } = opening;
  const told = drivers === undefined ? {} : { drivers };
  const open = async (how: { readonly readOnly: boolean; readonly immutable?: boolean }) => {
    const db = await openDatabase(file, { ...how, ...told });
    try {
      migrate(db, opening);
      return db;
    } catch (thrown) {
      db.close();
      throw thrown;
    }
  };
  try {
    if (!readOnly) prepareFile(file);
    return await open({ readOnly }).catch((thrown: unknown) => {
      // To read, SQLite locks files beside this one. Where it cannot, as on a read-only disk, nobody else writes either,
      // and whatever is read is checked.
      if (readOnly && hasNoLog(file)) return open({ readOnly, immutable: true });
      throw thrown;
    });
  } catch (thrown) {
    throw storeError(thrown, file, 'STORE_FAILED');
  }
}

/** Whether all that was committed is in the file itself. */
function hasNoLog(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0;
}
