// Answers by their ETags, up to so many bytes: those that were asked for longest ago go first.
'use strict';

class Answers {
    #most;
    #bytes = 0;
    #kept = new Map();

    constructor(most) {
        this.#most = most;
    }
    get(etag) {
        const answer = this.#kept.get(etag);
        if (answer) {
            // A Map lists its keys in the order of their insertion.
            this.#kept.delete(etag);
            this.#kept.set(etag, answer);
        }
        return answer;
    }
    keep(etag, answer) {
        const bytes = sizeOf(answer);
        if (bytes <= this.#most && !this.#kept.has(etag)) {
            this.#kept.set(etag, answer);
            this.#bytes += bytes;
            for (const [oldest, old] of this.#kept) {
                if (this.#bytes <= this.#most) break;
                this.#kept.delete(oldest);
                this.#bytes -= sizeOf(old);
            }
        }
        return answer;
    }
    get bytes() {
        return this.#bytes;
    }
}
// With room for the compressed form, and for what an entry takes.
const sizeOf = (answer) => 2 * answer.body.length + 1024;

module.exports = { Answers };
