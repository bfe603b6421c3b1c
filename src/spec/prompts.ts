/**
 * Prompt templates by name (`task`, `agent`, `house-style`, …), Handlebars text each. A template named like a shipped
 * one replaces it; every template is also a partial of that name. Made by `loadPrompts`, or written as an object.
 */
export interface PromptSet {
  readonly [name: string]: string;
}
