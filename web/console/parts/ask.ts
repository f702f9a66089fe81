/* Hooks for what takes time: reading something from the server, and doing something there. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Problem, request } from '../../shared/api';

export interface Asked<T> {
    data: Signal<T | undefined>;
    problem: Signal<Problem | undefined>;
    busy: Signal<boolean>;
    again: () => void;
}

export function asProblem(error: unknown): Problem {
    return error instanceof Problem ? error : new Problem(0, String(error));
}

/* Reads `path` when the component appears and when the path changes; what is shown stays until the new answer is there. */
export function useAsk<T>(path: string | undefined): Asked<T> {
    const data = useSignal<T | undefined>(undefined);
    const problem = useSignal<Problem | undefined>(undefined);
    const busy = useSignal(true);
    const turn = useRef(0);
    const read = () => {
        if (!path) return;
        const mine = ++turn.current;
        busy.value = true;
        request<T>('GET', path).then(
            (found) => { if (mine === turn.current) { data.value = found; problem.value = undefined; busy.value = false; } },
            (error) => { if (mine === turn.current) { problem.value = asProblem(error); busy.value = false; } },
        );
    };
    useEffect(() => {
        read();
        return () => { turn.current++; };
    }, [path]);
    return { data, problem, busy, again: read };
}

export interface Deed<A extends unknown[]> {
    busy: Signal<boolean>;
    problem: Signal<Problem | undefined>;
    /* True when it went well. */
    run: (...args: A) => Promise<boolean>;
}

export function useDeed<A extends unknown[]>(work: (...args: A) => Promise<unknown>): Deed<A> {
    const busy = useSignal(false);
    const problem = useSignal<Problem | undefined>(undefined);
    const run = async (...args: A) => {
        busy.value = true;
        problem.value = undefined;
        try {
            await work(...args);
            return true;
        } catch (error) {
            problem.value = asProblem(error);
            return false;
        } finally {
            busy.value = false;
        }
    };
    return { busy, problem, run };
}
