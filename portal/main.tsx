import { render } from 'preact';
import { App } from './app.tsx';
import { currentRoute } from './navigation/history.ts';
import { OpeningScreen } from './screens/opening.tsx';

const page = document.getElementById('page');
if (!page) throw new Error('index.html has no element #page');
// The tab that waits for a session needs no sign-in: it is sent on by the page that opened it.
render(currentRoute().screen === 'opening' ? <OpeningScreen /> : <App />, page);
