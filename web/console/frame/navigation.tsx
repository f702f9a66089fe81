/* The ways to the pages: at the side, and on a phone at the foot with the rest in a drawer. */
import { useSignal } from '@preact/signals';
import { path } from '../../shared/router';
import * as format from '../../shared/format';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icon';
import { now } from '../parts/time';
import { type NavItem, navigation } from '../routes';
import { attentionCount } from '../store/attention';
import { server } from '../store/live';
import { logOut, me } from '../store/me';
import { type Language, chooseLanguage, language, languages, t } from '../t';
import { chooseTheme, nextTheme, theme } from '../theme';

const onFoot = 4;

function isHere(href: string): boolean {
    return href === '/' ? path.value === '/' : path.value === href || path.value.startsWith(`${href}/`);
}

function NavLink({ item, onGo }: { item: NavItem; onGo?: () => void }) {
    const count = item.href === '/' ? attentionCount.value : 0;
    return (
        <a class="nav" href={item.href} aria-current={isHere(item.href) ? 'page' : undefined} onClick={onGo}>
            <Icon name={item.icon} />{t(item.label)}
            {count > 0 && <span class="n" aria-label={t('now.needs_n', { n: count })}>{count}</span>}
        </a>
    );
}

function ThemeAndLanguage() {
    const other = (Object.keys(languages) as Language[]).find((l) => l !== language())!;
    return (
        <div class="look">
            <button type="button" onClick={() => chooseTheme(nextTheme[theme.value])} >{t('theme.label')}: {t(`theme.${theme.value}`)}</button>
            <button type="button" lang={other} onClick={() => chooseLanguage(other)}>{languages[other]}</button>
        </div>
    );
}

function Foot() {
    const info = server.value;
    return (
        <div class="foot">
            {info?.demo && <span class="tag warn">{t('frame.demo')}</span>}
            {me.value && <span>{me.value.name} <button type="button" class="plain" onClick={() => void logOut()}>{t('login.out')}</button></span>}
            <ThemeAndLanguage />
            {info && <span>v{info.version} · {t('frame.up', { time: format.duration(now.value - Date.parse(info.started_at)) })}</span>}
        </div>
    );
}

export function Brand() {
    return <a class="brand" href="/"><Icon name="bolt" />voltd</a>;
}

export function Side() {
    return (
        <nav class="side" aria-label={t('frame.main')}>
            <Brand />
            {navigation.map((item) => <NavLink key={item.href} item={item} />)}
            <Foot />
        </nav>
    );
}

export function Bottom() {
    const open = useSignal(false);
    const close = () => (open.value = false);
    return (
        <nav class="bottom" aria-label={t('frame.main')}>
            {navigation.slice(0, onFoot).map((item) => (
                <a key={item.href} href={item.href} aria-current={isHere(item.href) ? 'page' : undefined}>
                    <Icon name={item.icon} />{t(item.label)}
                    {item.href === '/' && attentionCount.value > 0 && <span class="n">{attentionCount.value}</span>}
                </a>
            ))}
            <button type="button" aria-haspopup="dialog" onClick={() => (open.value = true)}><Icon name="more" />{t('frame.more')}</button>
            {open.value && (
                <Dialog title={t('frame.more')} className="drawer" bare onClose={close}>
                    {navigation.map((item) => <NavLink key={item.href} item={item} onGo={close} />)}
                    <Foot />
                    <button type="button" onClick={close}>{t('close')}</button>
                </Dialog>
            )}
        </nav>
    );
}
