/* Reports: kilowatt-hours by month, site, token or station. */
import { PageHead } from '../../frame/head';
import { withQuery } from '../../../shared/api';
import { download, writeCsv } from '../../../shared/csv';
import * as format from '../../../shared/format';
import { query } from '../../../shared/router';
import { useAsk } from '../../parts/ask';
import { Bar } from '../../parts/bar';
import { DayFilter, Filters } from '../../parts/filters';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { type Column, Table } from '../../parts/table';
import { QueryTabs } from '../../parts/tabs-query';
import { type Key, t } from '../../t';

interface Line {
    key: string | null;
    name: string;
    sessions: number;
    energy_wh: number;
}

interface Report {
    from: string;
    to: string;
    sessions: number;
    energy_wh: number;
    items: Line[];
}

const groups: readonly { value: string; label: Key }[] = [
    { value: 'month', label: 'report.month' }, { value: 'site', label: 'report.site' }, { value: 'token', label: 'report.token' }, { value: 'station', label: 'report.station' },
];

function kwh(wh: number): string {
    return format.decimal(wh / 1000, 2);
}

function Share({ of, total }: { of: number; total: number }) {
    if (!total) return <>–</>;
    const words = `${format.decimal((100 * of) / total, 1)} %`;
    return <span class="limit-cell"><Bar most={total} may={0} flows={of} words={words} /><span class="num">{words}</span></span>;
}

/* "2026-11" as people say it. */
function monthOf(key: string): string {
    return /^\d{4}-\d\d$/.test(key) ? format.month(Date.parse(`${key}-15`)) : key;
}

function columnsFor(by: Key, total: number): Column<Line>[] {
    return [
        { key: 'name', label: by, share: 2, cell: (l) => by === 'report.month' ? monthOf(l.key ?? '') : <>{l.name || l.key || t('report.none')}{l.name && l.key && l.name !== l.key && <small class="mono"> {l.key}</small>}</> },
        { key: 'sessions', label: 'page.sessions', num: true, cell: (l) => format.count(l.sessions) },
        { key: 'energy', label: 'report.kwh', num: true, cell: (l) => kwh(l.energy_wh) },
        { key: 'share', label: 'report.share', from: 'tablet', share: 1.4, cell: (l) => <Share of={l.energy_wh} total={total} /> },
    ];
}

export default function ReportsPage() {
    const by = groups.find((g) => g.value === query('by')) ?? groups[0]!;
    const day = (name: string, plus: number) => {
        if (!query(name)) return undefined;
        return new Date(Date.parse(`${query(name)}T00:00:00Z`) + plus * 86_400_000).toISOString();
    };
    const asked = useAsk<Report>(withQuery('/reports/energy', { by: by.value, from: day('from', 0), to: day('to', 1) }));
    const report = asked.data.value;
    const save = () => report && download(`energy-by-${by.value}.csv`, 'text/csv',
        writeCsv([by.value, 'name', 'sessions', 'energy_kwh'], report.items.map((l) => [l.key, l.name, l.sessions, (l.energy_wh / 1000).toFixed(3)])));
    return (
        <>
            <PageHead title={t('page.reports')}><button type="button" disabled={!report?.items.length} onClick={save}>{t('export_csv')}</button></PageHead>
            <QueryTabs name="by" label={t('page.reports')} tabs={groups.map((g) => ({ value: g.value, label: t(g.label) }))} chosen={by.value} />
            <Filters first={<><DayFilter name="from" label={t('filter.from')} /><DayFilter name="to" label={t('filter.to')} /></>} names={[]} />
            <section class="card" aria-label={t(by.label)}>
                {asked.problem.value && <div class="pad"><ProblemNote problem={asked.problem.value} again={asked.again} /></div>}
                {!report ? <Bones lines={8} />
                    : report.items.length === 0 ? <Empty title={t('report.empty')}><p>{t('report.empty_why')}</p></Empty>
                    : <Table label={t(by.label)} columns={columnsFor(by.label, report.energy_wh)} rows={report.items} keyOf={(l) => l.key ?? ''} />}
                {report && <div class="tail"><span>{t('report.total', { n: report.sessions, kwh: kwh(report.energy_wh) })}</span>
                    <span>{t('report.span', { from: report.from.slice(0, 10), to: report.to.slice(0, 10) })}</span></div>}
            </section>
        </>
    );
}
