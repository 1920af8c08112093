"""The writing verbs of a house, by theme: defining, accounts, earning, spending, setting aside."""

from service.verbs.accounts import Accounts
from service.verbs.defining import Defining
from service.verbs.earning import Earning
from service.verbs.setting_aside import SettingAside
from service.verbs.spending import Spending

__all__ = ["Accounts", "Defining", "Earning", "SettingAside", "Spending"]
