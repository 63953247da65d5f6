/** Tells a person who looks elsewhere that something came. Never what: it is shown on screens that others see. */
import { en } from '../strings/en';
import { listen } from './engine';
import { router } from './router.svelte';

const KEY = 'postern-tell-of-mail';

class Arrivals {
  /** On this device. */
  told = $state(localStorage.getItem(KEY) !== null && permission() === 'granted');
  refused = $state(false);

  async choose(told: boolean) {
    // It shows what was asked for until the browser has answered.
    this.told = told;
    const granted = told && (await ask()) === 'granted';
    this.told = granted;
    this.refused = told && !granted;
    if (granted) localStorage.setItem(KEY, '');
    else localStorage.removeItem(KEY);
  }

  tell(count: number) {
    if (!this.told || !document.hidden || permission() !== 'granted') return;
    // One that nobody has seen yet is replaced.
    const notification = new Notification(en.app.name, { body: en.mail.arrived(count), tag: KEY });
    notification.onclick = () => {
      focus();
      router.go('/mail/inbox');
      notification.close();
    };
  }
}

/** On phones a page has none of this. */
function permission(): NotificationPermission {
  return 'Notification' in globalThis ? Notification.permission : 'denied';
}

async function ask(): Promise<NotificationPermission> {
  return permission() === 'default' ? Notification.requestPermission() : permission();
}

export const arrivals = new Arrivals();

listen((event) => {
  if (event.type === 'mail-arrived') arrivals.tell(event.count);
});
