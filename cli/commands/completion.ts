import { defineCommand } from '../command.ts';
import { completionScripts, type Shell } from '../completion/scripts.ts';
import { UsageError } from '../failure.ts';

const shells = Object.keys(completionScripts);
const isShell = (text: string): text is Shell => Object.hasOwn(completionScripts, text);

export const printCompletion = defineCommand({
  words: 'completion',
  summary: 'print what makes the Tab key complete commands, options and machine names',
  arguments: { shell: 'bash, zsh or fish' },
  options: {},
  flags: {},
  notes: [
    'bash: add `eval "$(wacctl completion bash)"` to ~/.bashrc.',
    'zsh: add `eval "$(wacctl completion zsh)"` to ~/.zshrc, after compinit.',
    'fish: wacctl completion fish > ~/.config/fish/completions/wacctl.fish',
    'Names of machines come from the control plane with the sign-in at hand, and are kept for a minute.',
  ],
  examples: ['completion bash'],
  async run({ output }, given) {
    const { shell } = given.arguments;
    if (!isShell(shell)) throw new UsageError(`<shell> must be one of ${shells.join(', ')}`, 'completion');
    output.text(completionScripts[shell].trimEnd());
  },
});
