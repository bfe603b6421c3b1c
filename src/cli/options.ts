import { parseArgs as parseTokens } from 'node:util';
import { type ArgsDef, type ParsedArgs, parseArgs } from 'citty';
import { CrewError } from '../errors.ts';
import { didYouMean } from '../internal/suggest.ts';

/** The options of one call, and every value of those that may be given more than once. */
export interface ReadOptions<Args extends ArgsDef> {
  readonly args: ParsedArgs<Args>;
  valuesOf(option: keyof Args & string): readonly string[];
}

/** What a command accepts. */
export interface OptionRules<Args extends ArgsDef> {
  /** What the command is called in messages. */
  readonly command: string;
  readonly args: Args;
  /** Options that may be given more than once. @default none */
  readonly repeatable?: readonly (keyof Args & string)[];
}

/**
 * Reads the words after a command's name. Stricter than citty, which ignores what it does not know.
 * @throws {CrewError} `USAGE` with everything that is wrong.
 */
export function readOptions<const Args extends ArgsDef>(
  words: readonly string[],
  rules: OptionRules<Args>,
): ReadOptions<Args> {
  const { tokens } = parseTokens({
    args: [...words],
    options: Object.fromEntries(optionNames(rules.args).map((name) => [name, { type: typeOf(rules.args, name) }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const problem = problemOf(token, rules);
    if (problem !== undefined) problems.push(problem);
    const given = values.get(token.name) ?? [];
    given.push(token.value ?? '');
    values.set(token.name, given);
    if (given.length === 2 && !rules.repeatable?.includes(token.name)) {
      problems.push(`--${token.name} is given more than once.`);
    }
  }
  // After a wrong option, its value would only look like a word too many.
  if (problems.length === 0) problems.push(...positionalProblems(positionals, rules));
  if (problems.length > 0) {
    const help = `See: crewline ${rules.command} --help`;
    throw new CrewError('USAGE', [...problems, help].join('\n'));
  }
  return { args: parseArgs<Args>([...words], rules.args), valuesOf: (option) => values.get(option) ?? [] };
}

function optionNames(args: ArgsDef): string[] {
  return Object.keys(args).filter((name) => args[name]?.type !== 'positional');
}

function typeOf(args: ArgsDef, name: string): 'boolean' | 'string' {
  return args[name]?.type === 'boolean' ? 'boolean' : 'string';
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function problemOf(token: OptionToken, { args }: { readonly args: ArgsDef }): string | undefined {
  const names = optionNames(args);
  if (!names.includes(token.name)) {
    const known = [...names, 'help'].map((name) => `--${name}`);
    return `There is no option ${token.rawName}.${didYouMean(token.rawName, known)}`;
  }
  if (typeOf(args, token.name) === 'boolean') {
    return token.value === undefined ? undefined : `--${token.name} takes no value.`;
  }
  if (token.value === undefined || token.value === '') return `--${token.name} needs a value.`;
  if (!token.inlineValue && token.value.startsWith('-')) {
    return `--${token.name} needs a value; one that begins with a dash is written --${token.name}=${token.value}`;
  }
  return undefined;
}

function positionalProblems(given: readonly string[], { args }: { readonly args: ArgsDef }): string[] {
  const wanted = Object.entries(args).filter(([, arg]) => arg.type === 'positional');
  const problems = given.slice(wanted.length).map((word) => `There is nothing that "${word}" could be for.`);
  for (const [index, [name, arg]] of wanted.entries()) {
    if (given[index] === undefined && arg.required !== false) problems.push(`The ${name} is missing.`);
  }
  return problems;
}
