import type { Model } from '../spec/model.ts';

/** Given every model of a crew, its own, its agents' and the environment's; what it returns is called in its place. */
export type ThroughModels = (model: Model) => Model;

/** A crew's method, for the command line only, that makes the same crew with its models called through something else. */
export const THROUGH_MODELS: unique symbol = Symbol.for('crewline.throughModels');
