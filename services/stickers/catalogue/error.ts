/** A fault in an operator's file. The message begins with the file and, where one is known, the line. */
export class PackError extends Error {
  readonly file: string;
  readonly line: number; // from 1; 0 when the fault is not at one line

  constructor(file: string, line: number, message: string) {
    super(line > 0 ? `${file}:${line}: ${message}` : `${file}: ${message}`);
    this.name = 'PackError';
    this.file = file;
    this.line = line;
  }
}
