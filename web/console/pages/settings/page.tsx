/* Settings: people, keys, doubts to settle, who changed what, and the server itself. */
import type { ComponentType } from 'preact';
import { PageHead } from '../../frame/head';
import { Tabs } from '../../parts/tabs';
import type { Params } from '../../routes';
import { may } from '../../store/me';
import { type Key, t } from '../../t';
import { AboutTab } from './about';
import { AuditTab } from './audit';
import { KeysTab } from './keys';
import { MeTab } from './me';
import { PeopleTab } from './people';
import { ReviewTab } from './review';

const tabs: readonly { name: string; label: Key; right?: string; show: ComponentType }[] = [
    { name: 'me', label: 'settings.me', show: MeTab },
    { name: 'people', label: 'settings.people', right: 'person.read', show: PeopleTab },
    { name: 'keys', label: 'settings.keys', right: 'key.read', show: KeysTab },
    { name: 'review', label: 'settings.review', right: 'session.read', show: ReviewTab },
    { name: 'audit', label: 'settings.audit', right: 'audit.read', show: AuditTab },
    { name: 'about', label: 'settings.about', right: 'server.read', show: AboutTab },
];

export default function SettingsPage({ params }: { params: Params }) {
    const mine = tabs.filter((tab) => !tab.right || may(tab.right));
    const tab = mine.find((x) => x.name === params.tab) ?? mine[0]!;
    const Show = tab.show;
    return (
        <>
            <PageHead title={t('page.settings')} />
            <Tabs label={t('page.settings')} tabs={mine.map((x) => ({ href: x === mine[0] && !params.tab ? '/settings' : `/settings/${x.name}`, label: t(x.label) }))} />
            <Show />
        </>
    );
}
