/* One site: its power as it flows, the limits that it shares, what it is called and who stands there. */
import type { ComponentType } from 'preact';
import { PageHead } from '../../frame/head';
import { Bones, Empty } from '../../parts/note';
import { Tabs } from '../../parts/tabs';
import type { Params } from '../../routes';
import { sites } from '../../store/live';
import type { Site } from '../../store/types.gen';
import { type Key, t } from '../../t';
import { EditTab } from './edit';
import { LiveTab } from './live';
import { SettingsTab } from './settings';

const tabs: readonly { name: string; label: Key; show: ComponentType<{ site: Site }> }[] = [
    { name: '', label: 'site.power', show: LiveTab },
    { name: 'limits', label: 'site.limits', show: EditTab },
    { name: 'settings', label: 'site.settings', show: SettingsTab },
];

export default function SitePage({ params }: { params: Params }) {
    const site = sites.get(params.id!)?.value;
    void sites.changed.value;
    const up = { href: '/sites', label: t('page.sites') };
    if (!site && sites.state.value !== 'loading') return <><PageHead title={t('page.sites')} up={up} /><Empty title={t('site.unknown')} /></>;
    if (!site) return <><PageHead title={t('page.sites')} up={up} /><section class="card"><Bones lines={6} /></section></>;
    const Show = (tabs.find((x) => x.name === (params.tab ?? '')) ?? tabs[0]!).show;
    return (
        <>
            <PageHead title={site.name} up={up} />
            <Tabs label={site.name} tabs={tabs.map((x) => ({ href: x.name ? `/sites/${site.id}/${x.name}` : `/sites/${site.id}`, label: t(x.label) }))} />
            <Show site={site} />
        </>
    );
}
