/** What every command says of the machine that it is about. */
export const machineArgument = { machine: 'its name, its id, or its ARM resource id' };
