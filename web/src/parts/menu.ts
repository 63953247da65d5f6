import type { Component } from 'svelte';

export interface MenuItem {
  label: string;
  icon: Component<{ size?: number; strokeWidth?: number }>;
  alarm?: boolean;
  choose: () => void;
}
