/* The frame around every page, once somebody is logged in; before that, the login. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { loggedOut } from '../shared/api';
import { path } from '../shared/router';
import { Palette } from './frame/palette';
import { Bottom, Side } from './frame/navigation';
import { Outlet } from './frame/outlet';
import { StaleBanner, isStale } from './frame/stale';
import { StartPage } from './frame/start';
import { LoginPage } from './frame/login';
import { Toasts } from './parts/toast';
import { startLive } from './store/live';
import { loadMe } from './store/me';
import { announceInbox } from './frame/news';
import { t } from './t';

function Console() {
    useEffect(() => {
        const end = startLive();
        const quiet = announceInbox();
        return () => {
            end();
            quiet();
        };
    }, []);
    return (
        <div class="app">
            <a class="button skip" href="#main">{t('frame.skip')}</a>
            <Side />
            <main id="main" tabIndex={-1} class={isStale() ? 'stale' : undefined}><StaleBanner /><Outlet /></main>
            <Bottom />
            <Palette />
        </div>
    );
}

export function App() {
    const who = useSignal<'asking' | 'in' | 'out'>('asking');
    const enter = () => {
        loggedOut.value = false;
        void loadMe().then((known) => (who.value = known ? 'in' : 'out'));
    };
    useEffect(() => {
        if (path.value !== '/start') enter();
    }, []);
    if (path.value === '/start') return <StartPage onDone={enter} />;
    if (who.value === 'asking') return null;
    return (
        <>
            {who.value === 'out' || loggedOut.value ? <LoginPage onDone={enter} /> : <Console />}
            <Toasts />
        </>
    );
}
