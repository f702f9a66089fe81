/* A bar: what flows, in full; what may flow, hatched; of what is there at the most. Red when more flows than may, amber
 * when more could. The sentence says the same. */

interface Props {
    most: number;
    may: number;
    flows?: number;
    words: string;
}

const rounding = 1.02; // a meter's reading a little above is no alarm

export function Bar({ most, may, flows, words }: Props) {
    const percent = (v: number) => `${Math.max(0, Math.min(100, (v / Math.max(most, 1e-9)) * 100)).toFixed(1)}%`;
    const look = (flows ?? 0) > most * rounding ? ' over' : may > most + 1e-6 ? ' worst' : '';
    return (
        <span class={`meter${look}`} role="img" aria-label={words} title={words}>
            <i class="reserved" style={{ width: percent(may) }} />
            {flows !== undefined && <i class="measured" style={{ width: percent(flows) }} />}
        </span>
    );
}
