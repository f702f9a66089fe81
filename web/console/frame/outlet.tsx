/* Shows the page that the address names, and fetches its code first if need be. */
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { match, path } from '../../shared/router';
import { Bones, Empty } from '../parts/note';
import { type Params, type Route, routes } from '../routes';
import { t } from '../t';
import { PageHead } from './head';

const fetched = new Map<Route, ComponentType<{ params: Params }>>();

function find(to: string): { route: Route; params: Params } | undefined {
    for (const route of routes) {
        const params = match(route.pattern, to);
        if (params) return { route, params };
    }
    return undefined;
}

export function Outlet() {
    const found = find(path.value);
    const turn = useSignal(0);
    const failed = useSignal(false);
    const known = found && fetched.get(found.route);
    useEffect(() => {
        if (!found || known) return;
        failed.value = false;
        found.route.load().then(
            (module) => { fetched.set(found.route, module.default); turn.value++; },
            () => (failed.value = true),
        );
    }, [found?.route]);
    void turn.value;
    if (!found) return <><PageHead title={t('page.none')} /><Empty title={t('page.none_why')}><a class="button" href="/">{t('page.now')}</a></Empty></>;
    if (failed.value) return <Empty title={t('page.failed')}><button type="button" onClick={() => location.reload()}>{t('page.reload')}</button></Empty>;
    if (!known) return <><PageHead title={t(found.route.title)} /><section class="card"><Bones lines={8} /></section></>;
    const Page = known;
    return <Page key={`${found.route.pattern}${found.params.id ?? ''}`} params={found.params} />;
}
