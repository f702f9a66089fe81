/* Name and password. */
import { request } from '../../shared/api';
import { Form } from '../parts/form';
import { t } from '../t';
import { Brand } from './navigation';

export function LoginPage({ onDone }: { onDone: () => void }) {
    return (
        <main class="alone">
            <section class="card">
                <Brand />
                <h1>{t('login.title')}</h1>
                <Form submit={t('login.in')} onDone={onDone} onSubmit={(values) => request('POST', '/login', values)}
                      fields={[
                          { name: 'name', label: 'login.name', required: true, autocomplete: 'username' },
                          { name: 'password', label: 'login.password', kind: 'password', required: true, autocomplete: 'current-password' },
                      ]} />
                <p class="muted">{t('login.lost')} <code>voltd user link NAME</code></p>
            </section>
        </main>
    );
}
