export { Agent, type AgentConstructor, type AgentOptions } from './agent.ts';
export { type AskOptions, type AskResult, ask } from './ask.ts';
export type {
  CrewConstructor,
  CrewOptions,
  CrewShape,
  ForEachOptions,
  KickoffArguments,
  KickoffOptions,
  PreviewOptions,
  ReplayOptions,
  ResumeOptions,
  SettledKickoff,
} from './crew/crew-shape.ts';
export type { AnswerName, AnswerTo, CrewRun, Run } from './crew/live-run.ts';
export { Crew } from './crew.ts';
export { type InMemoryOptions, inMemory } from './engines/memory.ts';
export type { ErrorCode } from './error-codes.ts';
export {
  BudgetError,
  type BudgetSpending,
  CrewError,
  DefinitionError,
  type ErrorDetails,
  ModelError,
  type ModelErrorDetails,
  type Problem,
} from './errors.ts';
export type {
  CrewEvent,
  EventBodies,
  EventBody,
  EventError,
  EventListener,
  EventOf,
  EventType,
  RunOutcome,
  TaskStatus,
} from './events.ts';
export type { Runtime } from './internal/runtime.ts';
export { Secret, secret } from './internal/secret.ts';
export { fallback } from './models/fallback.ts';
export { type HedgedOptions, hedged } from './models/hedged.ts';
export { offline } from './models/offline.ts';
export { type OpenAIOptions, type OpenAITimeouts, openai } from './models/openai.ts';
export type { EdgeReason } from './plan/edges.ts';
export type { Plan } from './plan/plan.ts';
export type { CriticalPath, Expected, PlanData, PlannedEdge, PlannedTask } from './plan/plan-data.ts';
export type { Process } from './process.ts';
export { loadPrompts } from './prompts/load.ts';
export type { CrewResult, TaskResult } from './result.ts';
export type * from './spec/approval.ts';
export type { Decision, Decisions } from './spec/decision.ts';
export type * from './spec/engine.ts';
export type { FingerprintOf, FingerprintSource } from './spec/fingerprint.ts';
export type { Json, JsonObject, JsonSchema } from './spec/json.ts';
export type { Learnt, LearntTask } from './spec/learnt.ts';
export type * from './spec/limits.ts';
export type { Message, ToolCall } from './spec/message.ts';
export type {
  FinishReason,
  Model,
  ModelCallOptions,
  ModelPart,
  ModelRequest,
  ModelRoute,
  ModelSettings,
  ModelTimeouts,
  TokenCount,
  ToolDescription,
} from './spec/model.ts';
export type { ChildResult, Failure, RunResult, TaskOutcome } from './spec/outcome.ts';
export type { PromptSet } from './spec/prompts.ts';
export type * from './spec/question.ts';
export type { CallAnswer, OpenReview, QuestionId, Review, ReviewAnswer, ReviewRequest } from './spec/review.ts';
export type { Schema, SchemaIssue, SchemaResult } from './spec/schema.ts';
export type { LogEntry, ServeOptions, Service } from './spec/service.ts';
export { optional, Task } from './task.ts';
export type {
  Dependency,
  ExecuteScope,
  FailurePolicy,
  Fallback,
  Guardrail,
  GuardrailVerdict,
  HumanReview,
  RetryOptions,
  ReviewRules,
  TaskConstructor,
  TaskData,
  TaskOptions,
  TaskShape,
  TaskView,
} from './task-shape.ts';
export {
  type JsonToolOptions,
  type Tool,
  type ToolEffect,
  type ToolOptions,
  type ToolScope,
  tool,
} from './tool.ts';
export type { CallRecord, Usage, UsageShare } from './usage.ts';
