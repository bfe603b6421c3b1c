import { secret } from 'crewline';

/** A secret that models, tools and code let slip when they throw. Nothing that Crewline tells may hold it. */
export const CANARY = secret('canary/0123456789+abcdef=="');
