/** How much the long tests look at: what CI takes, and what is enough beside one's work. Each has a variable of its own. */
const inCi = process.env['CI'] === 'true';

function size(variable: string, usual: number): number {
  return Number(process.env[variable] ?? usual);
}

/** Cases of each property. `CREWLINE_RUNS` */
export const RUNS = size('CREWLINE_RUNS', inCi ? 2_000 : 1_000);
/** Cases of each property that works whole crews, some milliseconds each. `CREWLINE_RUNS` */
export const CREWS = size('CREWLINE_RUNS', inCi ? 2_000 : 200);
/** Inputs for each fuzz target. A thorough look at all of them is `CREWLINE_FUZZ=20000 npx vitest run test/fuzz`. `CREWLINE_FUZZ` */
export const INPUTS = size('CREWLINE_FUZZ', inCi ? 1_000 : 500);
/** Runs of the simulator. `CREWLINE_SEEDS` */
export const SEEDS = size('CREWLINE_SEEDS', inCi ? 20_000 : 2_000);
/** Simulated runs whose store breaks down. `CREWLINE_STORED` */
export const STORED = size('CREWLINE_STORED', inCi ? 300 : 40);
/** Processes that are killed in the middle of a durable run. `CREWLINE_KILLS` */
export const KILLS = size('CREWLINE_KILLS', inCi ? 300 : 30);
/** Whether what takes minutes over Postgres is tried as well, with its figures printed: `CREWLINE_DBOS=long npx vitest run test/engines/dbos`. */
export const LONG = process.env['CREWLINE_DBOS'] === 'long';
/** Processes over Postgres that are killed, at a write or at random. `CREWLINE_DBOS_KILLS` */
export const SHARED_KILLS = size('CREWLINE_DBOS_KILLS', LONG ? 100 : 6);
/** What random times and moments over Postgres are drawn from: the same seed draws the same. `CREWLINE_DBOS_SEED` */
export const SHARED_SEED = size('CREWLINE_DBOS_SEED', 1);
