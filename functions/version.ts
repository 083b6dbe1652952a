/** Of this deployment; the agents that it installs are of the same. */
export const version = '0.1.0';
