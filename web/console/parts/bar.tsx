/* A bar: what flows, in full; what may flow, hatched; of what is there at the most. The sentence says the same. */

interface Props {
    most: number;
    may: number;
    flows?: number;
    words: string;
}

export function Bar({ most, may, flows, words }: Props) {
    const percent = (v: number) => `${Math.max(0, Math.min(100, (v / Math.max(most, 1e-9)) * 100)).toFixed(1)}%`;
    return (
        <span class={`meter${may > most + 1e-6 ? ' over' : ''}`} role="img" aria-label={words} title={words}>
            <i class="reserved" style={{ width: percent(may) }} />
            {flows !== undefined && <i class="measured" style={{ width: percent(flows) }} />}
        </span>
    );
}
