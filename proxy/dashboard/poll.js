// SPDX-License-Identifier: PostgreSQL
// When to ask: every few seconds while somebody looks, less and less often while Sluice is
// away, not at all while the page is hidden.
import {Away} from "./api.js";

const EVERY_MS = 5000;
const AWAY_MS = [1000, 2000, 4000, 8000, 15000];

export class Poll {
    // round(number): asks what there is to ask; onState({state, retryAt, since, problem}).
    constructor(round, onState) {
        this.round = round;
        this.onState = onState;
        this.rounds = 0;
        this.failures = 0;
        this.awaySince = 0;
        this.isAsking = false;
        this.timer = 0;
        document.addEventListener("visibilitychange", () => this.wake());
    }

    // At once, unless it is asking already or nobody looks.
    wake() {
        clearTimeout(this.timer);
        if (!document.hidden && !this.isAsking) {
            this.run();
        }
    }

    async run() {
        this.isAsking = true;
        try {
            await this.round(this.rounds);
            this.rounds++;
            this.failures = 0;
            this.onState({state: "live"});
            this.again(EVERY_MS);
        } catch (error) {
            this.failed(error);
        }
        this.isAsking = false;
    }

    failed(error) {
        if (!(error instanceof Away)) {
            console.error(error);
        }
        this.awaySince = this.failures === 0 ? Date.now() : this.awaySince;
        const delay = AWAY_MS[Math.min(this.failures, AWAY_MS.length - 1)];
        this.failures++;
        this.rounds = 0; // whoever comes back may be another one: ask for everything
        this.onState({
            state: "away",
            since: this.awaySince,
            retryMs: delay,
            problem: error instanceof Away ? null : error.message,
        });
        this.again(delay);
    }

    again(delay) {
        clearTimeout(this.timer);
        if (!document.hidden) {
            this.timer = setTimeout(() => this.run(), delay);
        }
    }
}
