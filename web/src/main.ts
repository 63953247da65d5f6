// First of all imports: it takes the secret of a link out of the address bar before anything else runs.
import './screens/link/fragment';
// Then the engine, which takes longest to be ready.
import './state/engine';
import { mount } from 'svelte';
import App from './App.svelte';
import './design/design.css';
import { guard } from './state/guard';
import { router } from './state/router.svelte';
import { theme } from './state/theme.svelte';

theme.start();
router.start(guard);
mount(App, { target: document.body });
