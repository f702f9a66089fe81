import { render } from 'preact';
import { startRouter } from '../shared/router';
import { App } from './app';
import { loadWords } from './t';

void loadWords().then(() => {
    startRouter();
    const root = document.getElementById('app')!;
    root.textContent = '';
    render(<App />, root);
});
