/* A number with its unit, in a cell or big. */
import type { Quantity } from '../../shared/format';
import * as format from '../../shared/format';

export function Power({ w }: { w: number | null | undefined }) {
    return <>{w === null || w === undefined ? '–' : format.join(format.power(w))}</>;
}

export function Energy({ wh }: { wh: number | null | undefined }) {
    return <>{wh === null || wh === undefined ? '–' : format.join(format.energy(wh))}</>;
}

export function Big({ of, note }: { of: Quantity; note?: string }) {
    return <div class="big">{of[0]}<i>{of[1]}{note ? ` ${note}` : ''}</i></div>;
}
