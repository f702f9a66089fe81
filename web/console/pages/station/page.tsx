/* One station: what it is, what can be asked of it, and four views of it. */
import { useEffect } from 'preact/hooks';
import type { ComponentType } from 'preact';
import { useAsk } from '../../parts/ask';
import { Bones, Empty } from '../../parts/note';
import { Tabs } from '../../parts/tabs';
import type { Params } from '../../routes';
import { stations } from '../../store/live';
import type { Station } from '../../store/types.gen';
import { type Key, t } from '../../t';
import { PageHead } from '../../frame/head';
import { ConfigurationTab } from './configuration';
import { DetailsTab } from './details';
import { StationHead } from './head';
import { LiveTab } from './live';
import { LogTab } from './log';

const tabs: readonly { name: string; label: Key; show: ComponentType<{ station: Station }> }[] = [
    { name: '', label: 'station.live', show: LiveTab },
    { name: 'log', label: 'station.log', show: LogTab },
    { name: 'configuration', label: 'station.configuration', show: ConfigurationTab },
    { name: 'details', label: 'station.details', show: DetailsTab },
];

export default function StationPage({ params }: { params: Params }) {
    const id = params.id!;
    const asked = useAsk<Station>(`/stations/${encodeURIComponent(id)}`);
    useEffect(() => {
        if (asked.data.value) stations.put(asked.data.value);
    }, [asked.data.value]);
    void stations.changed.value;
    const station = stations.get(id)?.value ?? asked.data.value;
    if (!station && asked.problem.value?.status === 404)
        return <><PageHead title={id} /><Empty title={t('station.unknown')}><a class="button" href="/stations">{t('page.stations')}</a></Empty></>;
    if (!station) return <><PageHead title={id} /><section class="card"><Bones lines={8} /></section></>;
    const Show = (tabs.find((x) => x.name === (params.tab ?? '')) ?? tabs[0]!).show;
    const base = `/stations/${encodeURIComponent(id)}`;
    return (
        <>
            <StationHead station={station} />
            <Tabs label={station.id} tabs={tabs.map((x) => ({ href: x.name ? `${base}/${x.name}` : base, label: t(x.label) }))} />
            <Show station={station} />
        </>
    );
}
