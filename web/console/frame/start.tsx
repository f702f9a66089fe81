/* The one-time link, /start#k=…: the secret is after the #, so it never reaches a log. It logs in, and a password may be set. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { request } from '../../shared/api';
import { go } from '../../shared/router';
import { asProblem } from '../parts/ask';
import { Form } from '../parts/form';
import { Bones, ProblemNote } from '../parts/note';
import type { Problem } from '../../shared/api';
import { t } from '../t';
import { Brand } from './navigation';

interface Welcome {
    name: string;
}

export function StartPage({ onDone }: { onDone: () => void }) {
    const welcome = useSignal<Welcome | undefined>(undefined);
    const problem = useSignal<Problem | undefined>(undefined);
    useEffect(() => {
        const link = new URLSearchParams(location.hash.slice(1)).get('k') ?? '';
        history.replaceState(null, '', '/start');
        request<Welcome>('POST', '/login', { link })
            .then((found) => (welcome.value = found), (error) => (problem.value = asProblem(error)));
    }, []);
    const enter = () => {
        go('/', true);
        onDone();
    };
    return (
        <main class="alone">
            <section class="card">
                <Brand />
                <h1>{welcome.value ? t('start.hello', { name: welcome.value.name }) : t('start.title')}</h1>
                {problem.value && <><ProblemNote problem={problem.value} /><p>{t('start.used')} <code>voltd user link NAME</code></p><a href="/" class="button" onClick={onDone}>{t('login.title')}</a></>}
                {!welcome.value && !problem.value && <Bones lines={3} />}
                {welcome.value && (
                    <>
                        <p>{t('start.why')}</p>
                        <Form submit={t('start.set')} onDone={enter} initial={{ name: welcome.value.name }}
                              onSubmit={(values) => request('POST', '/me/password', { password: values.password })}
                              fields={[{ name: 'name', label: 'login.name', readonly: true, autocomplete: 'username' }, { name: 'password', label: 'login.password', kind: 'password', required: true, autocomplete: 'new-password', hint: 'start.hint' }]}
                              extra={() => <button type="button" onClick={enter}>{t('start.later')}</button>} />
                    </>
                )}
            </section>
        </main>
    );
}
