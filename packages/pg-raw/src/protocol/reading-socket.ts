import { Socket } from "node:net";
import { asUnreadable } from "../errors/unreadable-result.ts";

/** All sockets read into this buffer, because each read is processed before the next one starts. */
const READ = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * A socket that always reads into the same memory. Other sockets allocate memory for each read. Until a
 * reader is set, `data` listeners receive copies. An error thrown by a reader or a listener destroys the
 * socket.
 */
export class ReadingSocket extends Socket {
  #read: (bytes: Buffer) => void = (bytes) => this.emit("data", Buffer.from(bytes));

  constructor() {
    super({
      onread: {
        buffer: READ,
        callback: (length) => {
          try {
            this.#read(READ.subarray(0, length));
          } catch (error) {
            // No promise and no listener is above this frame, so the error would end the process.
            this.destroy(asUnreadable(error));
          }
          return true;
        },
      },
    });
  }

  /** @param read receives all further bytes, which are overwritten when it returns */
  setReader(read: (bytes: Buffer) => void): void {
    this.#read = read;
  }
}
