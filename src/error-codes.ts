/** Every code an error of Crewline can carry, with what it means. */
export type ErrorCode =
  // found when a crew is built
  | 'CREW_INVALID' // several mistakes of different kinds; see `problems`
  | 'OPTION_INVALID' // a wrong value, or an option that does not exist
  | 'OPTION_WITHOUT_EFFECT' // an option that nothing would read here
  | 'NAME_INVALID'
  | 'NAME_DUPLICATE'
  | 'NAME_RESERVED' // an input named like something that templates already have
  | 'TASKS_EMPTY'
  | 'TASK_UNKNOWN'
  | 'TASK_ORDER' // a sequential task that needs a later one
  | 'AGENT_UNKNOWN'
  | 'AGENT_MISSING'
  | 'MODEL_MISSING'
  | 'GRAPH_CYCLE'
  | 'PATH_UNKNOWN' // a template names a field that the task's schema does not have
  | 'PATH_OPTIONAL' // a template reads what may be absent: a field outside an {{#if}}, a task that may be skipped
  | 'SCHEMA_UNSUPPORTED'
  | 'TEMPLATE'
  // found before the first call of a run
  | 'INPUT_INVALID'
  | 'CREW_DUPLICATE'
  | 'CREW_UNKNOWN'
  | 'RUN_UNKNOWN'
  | 'RUN_DUPLICATE' // the store has a run of this id already
  | 'RUN_LOCKED' // another process works on the run, or has taken it over
  | 'RUN_CHANGED' // the crew is not what the run was started with
  | 'NEEDS_DECISION' // a call that may not be made twice was cut off, and nobody knows whether it was carried out
  | 'REVIEW_UNANSWERABLE' // a task waits for a person, and nobody could ever answer
  | 'ENGINE_NOT_DURABLE'
  | 'ENGINE_NOT_SHARED' // runs of this engine are worked by the process that starts them
  | 'ENGINE_DRIVER_MISSING' // a package that the engine needs is not installed
  | 'ENGINE_IN_USE' // this process runs on another Postgres already
  | 'WORKER_LOST' // others have taken this process for dead, and go on with its work
  | 'POISONED' // it ended the process that worked it, again and again
  // where durable runs are kept
  | 'STORE_FAILED' // it cannot be opened or read
  | 'STORE_WRITE' // it cannot be written: the disk is full, the file read-only; what was written earlier is intact
  | 'STORE_CORRUPT' // what is in it is not what was written
  | 'STORE_TOO_NEW' // a later version of Crewline wrote it
  // a model
  | 'AUTH'
  | 'QUOTA_EXHAUSTED'
  | 'RATE_LIMITED'
  | 'REQUEST_REFUSED' // the provider says that the request is wrong
  | 'PROVIDER_DOWN'
  | 'TIMEOUT'
  | 'BAD_RESPONSE'
  | 'STREAM_TRUNCATED'
  | 'OUTPUT_TRUNCATED'
  | 'CONTENT_FILTERED'
  | 'REFUSED'
  | 'CONTEXT_OVERFLOW'
  | 'MODEL_FAILED' // a model of the user's own threw
  | 'PROVIDER_WAIT' // the provider asks to wait for longer than the task has time
  // what a run may spend
  | 'BUDGET_EXCEEDED'
  | 'PRICE_UNKNOWN' // a budget in money needs a price for every model
  // a task
  | 'TOOL_ARGS_INVALID'
  | 'TOOL_FAILED'
  | 'TOOL_TIMEOUT'
  | 'TOOL_ABANDONED' // it ignored that the run was cancelled, and was left behind
  | 'TOOL_REFUSED' // nobody agreed to the call
  | 'LOOP_DETECTED' // the same call again and again
  | 'DELEGATION_CYCLE'
  | 'MANAGER_STALLED'
  | 'OUTPUT_INVALID'
  | 'OUTPUT_NOT_JSON'
  | 'GUARDRAIL_REJECTED'
  | 'REVIEW_PENDING' // a person has to answer before the run can go on
  | 'REVIEW_REJECTED' // a person sent the output back as often as that may be
  | 'REVIEW_TIMEOUT' // nobody answered in time
  | 'REVIEW_UNKNOWN' // an answer to what was not asked
  | 'REVIEW_ANSWERED' // another answer was given already
  | 'TASK_FAILED' // a callback of the user's own threw
  | 'STEP_DUPLICATE'
  | 'STEP_ORDER'
  | 'CANCELLED'
  // tools and files
  | 'PATH_FORBIDDEN'
  | 'FILE_UNREADABLE'
  | 'FILE_TOO_LARGE'
  // testing
  | 'RECORDING_MISS' // the recording has no answer to this request
  | 'RECORDING_INVALID'
  // the command line
  | 'CREW_FILE'
  | 'USAGE';
