/* The numbers of a plot, for who reads rather than looks: evenly taken, the newest among them. */
import * as format from '../../shared/format';
import { t } from '../t';
import { type Line, unitOf } from './plot';

const rowsMost = 48;

function rowsOf(count: number): number[] {
    const step = Math.max(1, Math.ceil(count / rowsMost));
    return Array.from({ length: Math.ceil(count / step) }, (_, i) => count - 1 - i * step);
}

export function PlotTable({ at, lines, now }: { at: readonly number[]; lines: readonly Line[]; now: number }) {
    return (
        <div class="plot-table" tabIndex={0} role="region" aria-label={t('plot.table')}>
            <table>
                <thead><tr><th scope="col">{t('plot.time')}</th>{lines.map((l) => <th scope="col" class="num" key={l.label}>{l.label}</th>)}</tr></thead>
                <tbody>{rowsOf(at.length).map((i) => (
                    <tr key={i}><th scope="row">{format.moment(new Date(at[i]! * 1000).toISOString(), now)}</th>
                        {lines.map((l) => <td class="num" key={l.label}>{typeof l.values[i] === 'number' ? unitOf(l)(l.values[i]!) : '–'}</td>)}</tr>
                ))}</tbody>
            </table>
        </div>
    );
}
