import { Socket } from "node:net";
import { asUnreadable } from "./unreadable-result.ts";

/** What all of these sockets read into: it is read out before the next one reads. */
const READ = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * A socket that reads into the same memory again and again, where others take new memory for each
 * read. Listeners to its data get copies, until a reader is set. What a reader or a listener throws
 * destroys the socket.
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
            // Thrown here, it would end the process: no promise and no listener is above this frame.
            this.destroy(asUnreadable(error));
          }
          return true;
        },
      },
    });
  }

  /** @param read gets what comes next, which is gone when it returns */
  setReader(read: (bytes: Buffer) => void): void {
    this.#read = read;
  }
}
