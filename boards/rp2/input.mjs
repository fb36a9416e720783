// Bytes on their way from the host to the board. Who writes too fast has to wait.

const ENOUGH_BYTES = 65536;

export class Input {
    constructor() {
        this.bytes = Buffer.alloc(0);
    }

    get length() {
        return this.bytes.length;
    }

    put(bytes) {
        this.bytes = Buffer.concat([this.bytes, bytes]);
        if (this.length >= ENOUGH_BYTES) {
            process.stdin.pause();
        }
    }

    // The next bytes, up to n of them.
    take(n) {
        const taken = this.bytes.subarray(0, n);
        this.bytes = this.bytes.subarray(n);
        if (this.length < ENOUGH_BYTES && process.stdin.isPaused()) {
            process.stdin.resume();
        }
        return taken;
    }
}
