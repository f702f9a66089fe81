/* What is mine: my password, my token, the look. */
import { request } from '../../../shared/api';
import { Form, type Field } from '../../parts/form';
import { toast } from '../../parts/toast';
import { loadMe, me } from '../../store/me';
import { tokenSuggestions } from '../../store/tokens';
import { type Language, chooseLanguage, language, languages, t, word } from '../../t';
import { type Theme, chooseTheme, theme } from '../../theme';

const themes: readonly Theme[] = ['system', 'light', 'dark'];

function Look() {
    return (
        <section class="card pad stack" aria-labelledby="look-title">
            <h2 id="look-title">{t('settings.look')}</h2>
            <fieldset class="field"><legend class="label">{t('theme.label')}</legend><div class="choices">
                {themes.map((x) => <label key={x}><input type="radio" name="theme" checked={theme.value === x} onChange={() => chooseTheme(x)} />{t(`theme.${x}`)}</label>)}
            </div></fieldset>
            <fieldset class="field"><legend class="label">{t('settings.language')}</legend><div class="choices">
                {(Object.keys(languages) as Language[]).map((x) => <label key={x} lang={x}><input type="radio" name="language" checked={language() === x} onChange={() => chooseLanguage(x)} />{languages[x]}</label>)}
            </div></fieldset>
        </section>
    );
}

export function MeTab() {
    const who = me.value;
    if (!who) return null;
    const passwordFields: Field[] = [
        ...(who.has_password ? [{ name: 'current_password', label: 'settings.password_now', kind: 'password', required: true, autocomplete: 'current-password' } as const] : []),
        { name: 'password', label: 'settings.password_new', kind: 'password', required: true, autocomplete: 'new-password', hint: 'start.hint' },
    ];
    const saved = () => { toast(t('saved'), 'good'); void loadMe(); };
    return (
        <div class="two">
            <section class="card pad stack" aria-labelledby="me-title">
                <h2 id="me-title">{who.name} · {word('role', who.role)}</h2>
                <Form key={String(who.has_password)} fields={passwordFields} submit={t('settings.password_set')} onSubmit={(v) => request('POST', '/me/password', v)} onDone={saved} />
                <Form fields={[{ name: 'token', label: 'settings.my_token', hint: 'settings.my_token_hint', mono: true, suggestions: tokenSuggestions }]} initial={{ token: who.token ?? undefined }}
                      submit={t('save')} onSubmit={(v) => request('PATCH', '/me', { token: v.token ?? '' })} onDone={saved} />
            </section>
            <Look />
        </div>
    );
}
