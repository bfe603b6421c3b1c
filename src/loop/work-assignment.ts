import type { TaskCtx } from '../spec/engine.ts';
import type { Answer, Assignment } from './assignment.ts';

export declare function workAssignment(assignment: Assignment, ctx: TaskCtx): Promise<Answer>;
