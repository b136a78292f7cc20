/**
 * What the user gave is wrong: the message says where, what was expected, what came and what to do, in one line.
 * The command line prints it and exits with 2; anything else that is thrown is a defect of the program.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
}
